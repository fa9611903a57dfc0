DROP TRIGGER second_review_is_final ON fraud_secondreview;
DROP FUNCTION fraud_refuse_second_review_change();
